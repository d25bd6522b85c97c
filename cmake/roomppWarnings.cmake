# The warnings that our own programs are built with.

function(roompp_warnings target)
    if(MSVC)
        target_compile_options(${target} PRIVATE /W4 /permissive- $<$<BOOL:${ROOMPP_WERROR}>:/WX>)
    else()
        target_compile_options(${target} PRIVATE
            -Wall -Wextra -Wpedantic -Wshadow -Wconversion $<$<BOOL:${ROOMPP_WERROR}>:-Werror>)
    endif()
endfunction()
