/* Preloaded into a test: every call that changes the disk is counted; the n-th kills the process,
 * or fails from there on as on a full disk, or waits until somebody has looked at what a death
 * there would leave. Calls of Python, GDAL, SQLite and Arrow all come through here.
 *
 *   cc -shared -fPIC -O1 -o faults.so faults.c -ldl -lpthread
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long counted = 0, at = 0;
/* 0: off, 1: count, 2: die at the n-th, 3: no space from the n-th on, 4: ask before each */
static int mode = 0;
static int question = -1, answer = -1;
/* While somebody looks no other thread may change the disk, or the look would be of no moment. */
static pthread_mutex_t one_at_a_time = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void faults_arm(int how, long n) { mode = how; at = n; counted = 0; }
void faults_pipes(int ask, int hear) { question = ask; answer = hear; }
long faults_counted(void) { return counted; }

/* Give 1 if the call must fail for want of space. What follows it must be `done`. */
static int step(int needs_space) {
  if (!mode) return 0;
  if (mode == 4) pthread_mutex_lock(&one_at_a_time);
  long n = __sync_add_and_fetch(&counted, 1);
  if (mode == 2 && n >= at) kill(getpid(), SIGKILL);
  if (mode == 3 && needs_space && n >= at) { errno = ENOSPC; return 1; }
  if (mode == 4) {
    char yes;
    if (syscall(SYS_write, question, &n, sizeof n) != sizeof n) _exit(70);
    while (syscall(SYS_read, answer, &yes, 1) != 1) if (errno != EINTR) _exit(71);
  }
  return 0;
}

static void done(int was) { if (was == 4) pthread_mutex_unlock(&one_at_a_time); }

/* Say whether an open file lies on a disk: pipes and sockets change nothing there. */
static int lies(int fd) {
  struct stat is;
  int before = errno, yes = mode && fd > 2 && fstat(fd, &is) == 0 && S_ISREG(is.st_mode);
  errno = before;
  return yes;
}

/* Say whether closing or flushing a stream may write. */
static int writes(FILE *file) {
  int fd = mode && file ? fileno(file) : -1;
  return lies(fd) && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__) = 0; \
  if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

/* Count if `counts`, call, and let the next one come. */
#define CALL(type, counts, space, wrong, call) \
  int was = (counts) ? mode : 0; \
  if (was && step(space)) return wrong; \
  type gave = call; \
  int error = errno; done(was); errno = error; \
  return gave

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, #name, const char *, int, ...); \
    mode_t how = 0; va_list more; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_start(more, flags); how = va_arg(more, mode_t); va_end(more); } \
    CALL(int, flags & (O_CREAT | O_TRUNC), flags & O_CREAT, -1, real(path, flags, how)); }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
  int name(int dir, const char *path, int flags, ...) { \
    REAL(int, #name, int, const char *, int, ...); \
    mode_t how = 0; va_list more; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_start(more, flags); how = va_arg(more, mode_t); va_end(more); } \
    CALL(int, flags & (O_CREAT | O_TRUNC), flags & O_CREAT, -1, real(dir, path, flags, how)); }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name) \
  FILE *name(const char *path, const char *how) { \
    REAL(FILE *, #name, const char *, const char *); \
    CALL(FILE *, how[0] != 'r', 1, NULL, real(path, how)); }
FOPEN(fopen)
FOPEN(fopen64)

#define ONE(name, type, counts, space) \
  int name(type what) { REAL(int, #name, type); CALL(int, counts, space, -1, real(what)); }
ONE(unlink, const char *, 1, 0)
ONE(rmdir, const char *, 1, 0)
ONE(remove, const char *, 1, 0)
ONE(fsync, int, 1, 0)
ONE(fdatasync, int, 1, 0)
ONE(fflush, FILE *, writes(what), 0)
ONE(fclose, FILE *, writes(what), 0)

#define TWO(type, name, first, second, counts, space) \
  type name(first a, second b) { \
    REAL(type, #name, first, second); CALL(type, counts, space, -1, real(a, b)); }
TWO(int, rename, const char *, const char *, 1, 0)
TWO(int, link, const char *, const char *, 1, 1)
TWO(int, symlink, const char *, const char *, 1, 1)
TWO(int, mkdir, const char *, mode_t, 1, 1)
TWO(int, creat, const char *, mode_t, 1, 1)
TWO(int, chmod, const char *, mode_t, 1, 0)
TWO(int, fchmod, int, mode_t, lies(a), 0)
TWO(int, truncate, const char *, off_t, 1, 1)
TWO(int, truncate64, const char *, off64_t, 1, 1)
TWO(int, ftruncate, int, off_t, lies(a), 1)
TWO(int, ftruncate64, int, off64_t, lies(a), 1)

#define THREE(type, name, first, second, third, counts, space, wrong) \
  type name(first a, second b, third c) { \
    REAL(type, #name, first, second, third); CALL(type, counts, space, wrong, real(a, b, c)); }
THREE(ssize_t, write, int, const void *, size_t, lies(a), 1, -1)
THREE(ssize_t, writev, int, const struct iovec *, int, lies(a), 1, -1)
THREE(int, unlinkat, int, const char *, int, 1, 0, -1)
THREE(int, mkdirat, int, const char *, mode_t, 1, 1, -1)
THREE(int, posix_fallocate, int, off_t, off_t, lies(a), 1, ENOSPC)
THREE(int, posix_fallocate64, int, off64_t, off64_t, lies(a), 1, ENOSPC)

#define FOUR(type, name, first, second, third, fourth, counts, space, wrong) \
  type name(first a, second b, third c, fourth d) { \
    REAL(type, #name, first, second, third, fourth); \
    CALL(type, counts, space, wrong, real(a, b, c, d)); }
FOUR(ssize_t, pwrite, int, const void *, size_t, off_t, lies(a), 1, -1)
FOUR(ssize_t, pwrite64, int, const void *, size_t, off64_t, lies(a), 1, -1)
FOUR(ssize_t, pwritev, int, const struct iovec *, int, off_t, lies(a), 1, -1)
FOUR(ssize_t, pwritev64, int, const struct iovec *, int, off64_t, lies(a), 1, -1)
FOUR(ssize_t, sendfile, int, int, off_t *, size_t, lies(a), 1, -1)
FOUR(ssize_t, sendfile64, int, int, off64_t *, size_t, lies(a), 1, -1)
FOUR(int, fallocate, int, int, off_t, off_t, lies(a), 1, -1)
FOUR(int, fallocate64, int, int, off64_t, off64_t, lies(a), 1, -1)
FOUR(int, renameat, int, const char *, int, const char *, 1, 0, -1)
FOUR(size_t, fwrite, const void *, size_t, size_t, FILE *, writes(d), 1, 0)

ssize_t copy_file_range(int a, off64_t *from, int b, off64_t *to, size_t size, unsigned flags) {
  REAL(ssize_t, "copy_file_range", int, off64_t *, int, off64_t *, size_t, unsigned);
  CALL(ssize_t, lies(b), 1, -1, real(a, from, b, to, size, flags)); }

int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
  REAL(int, "renameat2", int, const char *, int, const char *, unsigned);
  CALL(int, 1, 0, -1, real(a, from, b, to, flags)); }
