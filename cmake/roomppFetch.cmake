# Downloads a header-only dependency that the system does not have.

include(FetchContent)

# roompp_fetch(<name> REPOSITORY <url> TAG <tag> PACKAGE <how to install it> RESULT <variable>)
#
# Sets the variable to the folder of its sources. The sources' own CMake project is not run.
# FETCHCONTENT_SOURCE_DIR_<NAME> names a copy that is there already.
function(roompp_fetch name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "REPOSITORY;TAG;PACKAGE;RESULT" "")
    string(TOUPPER "${name}" upper)

    if(NOT ROOMPP_FETCH_DEPENDENCIES)
        message(FATAL_ERROR "roompp needs ${name}, which was not found. Install it: ${arg_PACKAGE}.")
    endif()
    message(STATUS "${name} was not found, fetching ${arg_TAG} from ${arg_REPOSITORY} (to use your own: ${arg_PACKAGE})")

    set(sources "${FETCHCONTENT_BASE_DIR}/${name}-src")
    if(NOT FETCHCONTENT_SOURCE_DIR_${upper} AND NOT EXISTS "${sources}/.git" AND NOT FETCHCONTENT_FULLY_DISCONNECTED)
        # FetchContent cannot fail with a message of ours, so the download is tried first.
        find_package(Git QUIET)
        set(reached 1)
        if(GIT_FOUND)
            execute_process(
                COMMAND "${GIT_EXECUTABLE}" ls-remote --exit-code "${arg_REPOSITORY}" "${arg_TAG}"
                RESULT_VARIABLE reached OUTPUT_QUIET ERROR_QUIET TIMEOUT 60)
        endif()
        if(NOT reached EQUAL 0)
            message(FATAL_ERROR
                "roompp needs ${name}, which was neither found nor could be fetched with git from ${arg_REPOSITORY}. "
                "Install it: ${arg_PACKAGE}.")
        endif()
    endif()

    FetchContent_Declare(${name}
        GIT_REPOSITORY "${arg_REPOSITORY}" GIT_TAG "${arg_TAG}" GIT_SHALLOW TRUE
        SOURCE_SUBDIR "its CMake project is not used")
    FetchContent_MakeAvailable(${name})
    FetchContent_GetProperties(${name} SOURCE_DIR sources)
    set(${arg_RESULT} "${sources}" PARENT_SCOPE)
endfunction()
