/* Records what a program does to the files of one folder: writes, names, and what it has put on the disk, in order.
 *
 * LD_PRELOAD it; RECORD_UNDER names the folder, RECORD_TO the file that the record goes to. Each entry is appended with one
 * call, behind the call that it tells of (the beginning of a sync: before it), so that entries of several processes stand in
 * an order that each of them has seen. tests/support/powercut.py reads it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define LONGEST 4096

struct entry {
    double at;
    uint64_t inode;
    int64_t offset;
    uint32_t thread;
    uint32_t kind;
    uint32_t path;
    uint32_t data;
};

static int record = -1;
static char folder[LONGEST];
static size_t folder_length;

__attribute__((constructor)) static void begin(void)
{
    const char *under = getenv("RECORD_UNDER"), *to = getenv("RECORD_TO");
    if (!under || !to || strlen(under) >= sizeof folder)
        return;
    strcpy(folder, under);
    folder_length = strlen(folder);
    record = syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static int is_ours(const char *path)
{
    return record >= 0 && strncmp(path, folder, folder_length) == 0 && (path[folder_length] == '/' || !path[folder_length]);
}

static void note(uint32_t kind, uint64_t inode, int64_t offset, const char *path, const void *data, size_t length)
{
    int before = errno;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct entry entry = {.at = now.tv_sec + now.tv_nsec / 1e9, .inode = inode, .offset = offset,
                          .thread = syscall(SYS_gettid), .kind = kind, .path = strlen(path), .data = length};
    struct iovec parts[3] = {{&entry, sizeof entry}, {(void *)path, entry.path}, {(void *)data, length}};
    syscall(SYS_writev, record, parts, 3);
    errno = before;
}

/* The path of an open file, "" when it is none of ours. */
static int path_of(int file, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = record < 0 ? -1 : syscall(SYS_readlinkat, AT_FDCWD, link, path, LONGEST - 1);
    path[length > 0 ? length : 0] = 0;
    return is_ours(path);
}

/* The absolute path of a name beside an open folder. */
static int path_at(int at, const char *name, char *path)
{
    if (record < 0 || strlen(name) + 1 >= LONGEST)
        return 0;
    if (name[0] == '/') {
        strcpy(path, name);
        return is_ours(path);
    }
    if (at == AT_FDCWD || !path_of(at, path) || strlen(path) + strlen(name) + 2 > LONGEST)
        return 0;
    strcat(strcat(path, "/"), name);
    return 1;
}

static uint64_t inode_of(int file)
{
    struct stat found;
    return fstat(file, &found) == 0 ? found.st_ino : 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int opened(int at, const char *name, int flags, mode_t mode)
{
    char path[LONGEST];
    int ours = path_at(at, name, path);
    int is_new = ours && (flags & O_CREAT) && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0;
    int file = syscall(SYS_openat, at, name, flags, mode);
    if (file >= 0 && is_new)
        note('C', inode_of(file), 0, path, "", 0);
    else if (file >= 0 && ours && (flags & O_TRUNC))
        note('T', inode_of(file), 0, path, "", 0);
    return file;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *name, int flags, ...)
{
    MODE(flags)
    return opened(AT_FDCWD, name, flags, mode);
}

int open64(const char *name, int flags, ...)
{
    MODE(flags)
    return opened(AT_FDCWD, name, flags | O_LARGEFILE, mode);
}

int openat(int at, const char *name, int flags, ...)
{
    MODE(flags)
    return opened(at, name, flags, mode);
}

int openat64(int at, const char *name, int flags, ...)
{
    MODE(flags)
    return opened(at, name, flags | O_LARGEFILE, mode);
}

ssize_t write(int file, const void *data, size_t length)
{
    char path[LONGEST];
    ssize_t written = REAL(write)(file, data, length);
    if (written > 0 && path_of(file, path))
        note('W', inode_of(file), lseek(file, 0, SEEK_CUR) - written, path, data, written);
    return written;
}

static ssize_t placed(int file, const void *data, off_t offset, ssize_t written)
{
    char path[LONGEST];
    if (written > 0 && path_of(file, path))
        note('W', inode_of(file), offset, path, data, written);
    return written;
}

ssize_t pwrite(int file, const void *data, size_t length, off_t offset)
{
    return placed(file, data, offset, REAL(pwrite)(file, data, length, offset));
}

ssize_t pwrite64(int file, const void *data, size_t length, off64_t offset)
{
    return placed(file, data, offset, REAL(pwrite64)(file, data, length, offset));
}

static int cut(int file, off_t length, int result)
{
    char path[LONGEST];
    if (result == 0 && path_of(file, path))
        note('T', inode_of(file), length, path, "", 0);
    return result;
}

int ftruncate(int file, off_t length)
{
    return cut(file, length, REAL(ftruncate)(file, length));
}

int ftruncate64(int file, off64_t length)
{
    return cut(file, length, REAL(ftruncate64)(file, length));
}

static int synced(int file, int (*real)(int))
{
    char path[LONGEST];
    int ours = path_of(file, path);
    uint64_t inode = ours ? inode_of(file) : 0;
    if (ours)
        note('S', inode, 0, path, "", 0);
    int result = real(file);
    if (ours && result == 0)
        note('E', inode, 0, path, "", 0);
    return result;
}

int fsync(int file)
{
    return synced(file, REAL(fsync));
}

int fdatasync(int file)
{
    return synced(file, REAL(fdatasync));
}

int unlinkat(int at, const char *name, int flags)
{
    char path[LONGEST];
    int ours = path_at(at, name, path);
    int result = REAL(unlinkat)(at, name, flags);
    if (result == 0 && ours)
        note('U', 0, 0, path, "", 0);
    return result;
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

int rmdir(const char *name)
{
    return unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

int mkdirat(int at, const char *name, mode_t mode)
{
    char path[LONGEST];
    int ours = path_at(at, name, path);
    int result = REAL(mkdirat)(at, name, mode);
    if (result == 0 && ours)
        note('M', 0, 0, path, "", 0);
    return result;
}

int mkdir(const char *name, mode_t mode)
{
    return mkdirat(AT_FDCWD, name, mode);
}
