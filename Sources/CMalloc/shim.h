// The settings of glibc's allocator (mallopt(3)), which Swift's Glibc module leaves out.
#include <malloc.h>
