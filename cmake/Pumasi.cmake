# How a folder becomes a library, a program or a set of tests.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# ccache fails every compilation where it can't write its cache, in a read-only HOME for example.
find_program(CCACHE ccache)
if(CCACHE)
  execute_process(
    COMMAND ${CCACHE} ${CMAKE_C_COMPILER} -x c -c /dev/null -o ${CMAKE_BINARY_DIR}/ccache-works.o
    RESULT_VARIABLE ccache_failed OUTPUT_QUIET ERROR_QUIET)
  if(ccache_failed)
    message(STATUS "ccache can't write its cache: building without it")
  else()
    set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  endif()
endif()

# Sanitizers and hardening come from the preset (PUMASI_SANITIZE, PUMASI_HARDEN).
set(PUMASI_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined")
option(PUMASI_HARDEN "Hardening flags of release builds" OFF)
option(PUMASI_FUZZ "Build the fuzz targets (clang)" OFF)
option(PUMASI_COVERAGE "Instrument for gcov" OFF)

add_library(pumasi_flags INTERFACE)
target_compile_options(pumasi_flags INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes
  -Wimplicit-fallthrough -Wundef -fno-strict-aliasing -fno-common)
target_compile_definitions(pumasi_flags INTERFACE
  _GNU_SOURCE PUMASI_VERSION="${PROJECT_VERSION}")
target_include_directories(pumasi_flags INTERFACE ${CMAKE_SOURCE_DIR})
if(PUMASI_SANITIZE)
  add_compile_options(-fsanitize=${PUMASI_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PUMASI_SANITIZE})
  if(PUMASI_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
if(PUMASI_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  # clang looks into the macros of uthash for this one, although they are a system's.
  target_compile_options(pumasi_flags INTERFACE -Wno-implicit-fallthrough)
endif()
if(PUMASI_HARDEN)
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
    -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero
    -fno-delete-null-pointer-checks -fno-strict-overflow)
  add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed)
endif()
if(PUMASI_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# pumasi_package(NAME MODULE): the imported target PkgConfig::NAME of a pkg-config module.
macro(pumasi_package name module)
  if(NOT TARGET PkgConfig::${name})
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
  endif()
endmacro()

# pumasi_library([DEPS room...] [PACKAGES target...])
# The folder's *.c (mains, named *_main.c, left out) as a static library named after its path.
# DEPS are the rooms it may include from: the layering test reads this very list.
function(pumasi_library)
  cmake_parse_arguments(A "" "" "DEPS;PACKAGES" ${ARGN})
  file(RELATIVE_PATH rel ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" name ${rel})
  list(TRANSFORM A_DEPS REPLACE "/" "_")
  file(GLOB sources CONFIGURE_DEPENDS *.c)
  list(FILTER sources EXCLUDE REGEX "_main\\.c$")
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE pumasi_flags ${A_DEPS} ${A_PACKAGES})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC pumasi_flags ${A_DEPS} PRIVATE ${A_PACKAGES})
endfunction()

# pumasi_program(NAME MAIN file_main.c): a program of the folder's library.
function(pumasi_program name)
  cmake_parse_arguments(A "" "MAIN" "DEPS" ${ARGN})
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${A_MAIN})
    return()
  endif()
  file(RELATIVE_PATH rel ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" room ${rel})
  list(TRANSFORM A_DEPS REPLACE "/" "_")
  add_executable(${name} ${A_MAIN})
  target_link_libraries(${name} PRIVATE ${room} ${A_DEPS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  add_dependencies(programs ${name})
endfunction()
