#pragma once

// glibc 2.36 declares pidfd_open and its siblings without C linkage.
extern "C" {
#include <sys/pidfd.h>
}
