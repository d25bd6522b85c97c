# Compiles pages into a program.

find_package(Python3 REQUIRED COMPONENTS Interpreter)

# roompp_embed_pages(<target> HEADER <name> FILES <file>...)
#
# The target can include the header, which holds `pages`, an array of roompp::embedded_file.
function(roompp_embed_pages target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADER" "FILES")
    set(script "${PROJECT_SOURCE_DIR}/scripts/embed_pages.py")
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}_pages")
    add_custom_command(
        OUTPUT "${folder}/${arg_HEADER}"
        COMMAND Python3::Interpreter "${script}" "${folder}/${arg_HEADER}" ${arg_FILES}
        DEPENDS "${script}" ${arg_FILES}
        WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
        COMMENT "Embedding the pages of ${target}"
        VERBATIM)
    target_sources(${target} PRIVATE "${folder}/${arg_HEADER}")
    target_include_directories(${target} PRIVATE "${folder}")
endfunction()
