/* Preloaded into a test: every call that changes the disk is counted; the n-th kills the process or
 * fails from there on as on a full disk. Calls of Python, GDAL, SQLite and Arrow all come through here.
 *
 *   cc -shared -fPIC -O1 -o faults.so faults.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long counted = 0, at = 0;
static int mode = 0; /* 0: off, 1: count, 2: die at the n-th, 3: no space from the n-th on */

void faults_arm(int how, long n) { mode = how; at = n; counted = 0; }
long faults_counted(void) { return counted; }

/* Give 1 if the call must fail for want of space. */
static int step(int needs_space) {
  if (!mode) return 0;
  long n = __sync_add_and_fetch(&counted, 1);
  if (mode == 2 && n >= at) kill(getpid(), SIGKILL);
  if (mode == 3 && needs_space && n >= at) { errno = ENOSPC; return 1; }
  return 0;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__) = 0; \
  if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, #name, const char *, int, ...); \
    mode_t how = 0; va_list more; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_start(more, flags); how = va_arg(more, mode_t); va_end(more); } \
    if ((flags & (O_CREAT | O_TRUNC)) && step(flags & O_CREAT)) return -1; \
    return real(path, flags, how); }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
  int name(int dir, const char *path, int flags, ...) { \
    REAL(int, #name, int, const char *, int, ...); \
    mode_t how = 0; va_list more; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_start(more, flags); how = va_arg(more, mode_t); va_end(more); } \
    if ((flags & (O_CREAT | O_TRUNC)) && step(flags & O_CREAT)) return -1; \
    return real(dir, path, flags, how); }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name) \
  FILE *name(const char *path, const char *how) { \
    REAL(FILE *, #name, const char *, const char *); \
    if (how[0] != 'r' && step(1)) return NULL; \
    return real(path, how); }
FOPEN(fopen)
FOPEN(fopen64)

ssize_t write(int fd, const void *data, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (fd > 2 && step(1)) return -1;
  return real(fd, data, size); }

#define PWRITE(name, off) \
  ssize_t name(int fd, const void *data, size_t size, off where) { \
    REAL(ssize_t, #name, int, const void *, size_t, off); \
    if (step(1)) return -1; \
    return real(fd, data, size, where); }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int fd, const struct iovec *parts, int n) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  if (fd > 2 && step(1)) return -1;
  return real(fd, parts, n); }

size_t fwrite(const void *data, size_t size, size_t n, FILE *file) {
  REAL(size_t, "fwrite", const void *, size_t, size_t, FILE *);
  if (file != stdout && file != stderr && step(1)) return 0;
  return real(data, size, n, file); }

#define ONE(name, type, what) \
  int name(type what) { REAL(int, #name, type); if (step(0)) return -1; return real(what); }
ONE(unlink, const char *, path)
ONE(rmdir, const char *, path)
ONE(fsync, int, fd)
ONE(fdatasync, int, fd)

int unlinkat(int dir, const char *path, int flags) {
  REAL(int, "unlinkat", int, const char *, int); step(0); return real(dir, path, flags); }
int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *); step(0); return real(from, to); }
int renameat(int a, const char *from, int b, const char *to) {
  REAL(int, "renameat", int, const char *, int, const char *); step(0); return real(a, from, b, to); }
int mkdir(const char *path, mode_t how) {
  REAL(int, "mkdir", const char *, mode_t); if (step(1)) return -1; return real(path, how); }
int mkdirat(int dir, const char *path, mode_t how) {
  REAL(int, "mkdirat", int, const char *, mode_t); if (step(1)) return -1; return real(dir, path, how); }
int chmod(const char *path, mode_t how) {
  REAL(int, "chmod", const char *, mode_t); step(0); return real(path, how); }
int ftruncate(int fd, off_t size) {
  REAL(int, "ftruncate", int, off_t); if (step(1)) return -1; return real(fd, size); }
int ftruncate64(int fd, off64_t size) {
  REAL(int, "ftruncate64", int, off64_t); if (step(1)) return -1; return real(fd, size); }
