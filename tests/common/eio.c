/* Preloaded into a process, makes one in a hundred of its writes and syncs of files fail with EIO.
   libfiu, which does the same, has functions of the same names as PostgreSQL has. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/types.h>
#include <time.h>

static int fails(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_nsec / 16 % 100 == 0;
}

#define FAILING(type, name, parameters, arguments)              \
  type name parameters {                                        \
    if (fails()) {                                              \
      errno = EIO;                                              \
      return -1;                                                \
    }                                                           \
    return ((type(*) parameters)dlsym(RTLD_NEXT, #name)) arguments; \
  }

FAILING(int, fsync, (int fd), (fd))
FAILING(int, fdatasync, (int fd), (fd))
FAILING(ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at))
FAILING(ssize_t, pwrite64, (int fd, const void *from, size_t size, off64_t at), (fd, from, size, at))
