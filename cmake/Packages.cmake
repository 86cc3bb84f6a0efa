# SPDX-License-Identifier: MIT
#
# The libraries that are not ours, each as the target package::NAME.

find_package(PkgConfig REQUIRED)

function(package_from_pkgconfig name module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
  add_library(package::${name} ALIAS PkgConfig::${name})
endfunction()

package_from_pkgconfig(jansson "jansson>=2.13")
package_from_pkgconfig(sqlite3 "sqlite3>=3.37")
package_from_pkgconfig(pcre2 "libpcre2-8>=10.36")
package_from_pkgconfig(microhttpd "libmicrohttpd>=0.9.75")
package_from_pkgconfig(openssl "openssl>=3.0")
package_from_pkgconfig(zlib "zlib>=1.2.11")
package_from_pkgconfig(zstd "libzstd>=1.4")

package_from_pkgconfig(cares "libcares>=1.18")
package_from_pkgconfig(ldns "ldns>=1.7")

# libev comes without a .pc file.
find_path(EV_INCLUDE_DIR ev.h REQUIRED)
find_library(EV_LIBRARY ev REQUIRED)
add_library(package_ev INTERFACE)
target_include_directories(package_ev SYSTEM INTERFACE "${EV_INCLUDE_DIR}")
target_link_libraries(package_ev INTERFACE "${EV_LIBRARY}")
add_library(package::ev ALIAS package_ev)

# libcrypt: crypt_r(3), in which passwords are hashed.
package_from_pkgconfig(crypt "libcrypt>=4.4")

# uthash is a header.
find_path(UTHASH_INCLUDE_DIR uthash.h REQUIRED)
