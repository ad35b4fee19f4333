/* Asks Linux what docs/linux.md says from rule L72 on and programs seldom ask: rules FILE, a file of 16 MiB
   that may be read, on a file system that places mappings for huge pages. To be run without privileges. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096, HUGE = 2 << 20 };

/* As the kernel has it: the library's own refuses some of what it is asked for. */
static char *map(void *addr, size_t length, int prot, int flags, int file, size_t offset)
{
    return (char *)syscall(SYS_mmap, addr, length, prot, flags, file, offset);
}

static void limit(int resource, rlim_t soft)
{
    struct rlimit limit;
    getrlimit(resource, &limit);
    limit.rlim_cur = soft;
    setrlimit(resource, &limit);
}

static void shared(int file)
{
    char *p = map(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, file, 0);
    mprotect(p, PAGE, PROT_READ | PROT_WRITE);
    mprotect(p, PAGE, PROT_READ | PROT_EXEC);
    map(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    map(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0x800);
    map(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, file, 0);
    map(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);
    int memory = memfd_create("rules", 0);
    if (ftruncate(memory, 8 * PAGE) != 0)
        return;
    p = map(NULL, 8 * PAGE, PROT_READ, MAP_SHARED, memory, 0);
    mprotect(p, 2 * PAGE, PROT_READ | PROT_WRITE);
    madvise(p, PAGE, MADV_WIPEONFORK);
    madvise(p, PAGE, MADV_FREE);
    madvise(p, PAGE, MADV_COLD);
    mlock(p, PAGE);
    madvise(p, PAGE, MADV_COLD);
    munlock(p, PAGE);
    p = map(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, memory, 0);
    mprotect(p, PAGE, PROT_READ);
    madvise(p, 2 * PAGE, MADV_HUGEPAGE);
    madvise(p + PAGE, PAGE, MADV_NOHUGEPAGE);
}

/* Places for huge pages of a file. */
static void places(int file)
{
    for (size_t offset = 0; offset <= 2 * HUGE; offset += HUGE - PAGE)
        for (size_t length = HUGE - PAGE; length <= 2 * HUGE; length += HUGE / 2 + PAGE)
            map(NULL, length, PROT_READ, MAP_PRIVATE, file, offset);
    char *p = map(NULL, 8 * HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(p, 8 * HUGE);
    /* A hint with 2 MiB more free, and one without. */
    map(p, 2 * HUGE, PROT_READ, MAP_PRIVATE, file, 0);
    map(p + 4 * HUGE + PAGE, 3 * HUGE + PAGE, PROT_READ, MAP_PRIVATE, file, 0);
    p = map(NULL, HUGE, PROT_READ, MAP_PRIVATE, file, PAGE);
    p = mremap(p, HUGE, 3 * HUGE, MREMAP_MAYMOVE);
    mremap(p, 3 * HUGE, HUGE, MREMAP_MAYMOVE);
    map(NULL, 2 * HUGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    map(NULL, 2 * HUGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* The range of this name in /proc/self/maps. */
static char *named(const char *name, size_t *length)
{
    char line[512];
    unsigned long start = 0, end = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        if (strstr(line, name) != NULL && sscanf(line, "%lx-%lx", &start, &end) == 2)
            break;
        start = end = 0;
    }
    if (maps != NULL)
        fclose(maps);
    *length = end - start;
    return (char *)start;
}

static void kernels_own(void)
{
    size_t length;
    char *vvar = named("[vvar]", &length);
    mprotect(vvar, length, PROT_READ | PROT_WRITE);
    mlock(vvar, length);
    madvise(vvar, length, MADV_DODUMP);
    madvise(vvar, length, MADV_DOFORK);
    madvise(vvar, length, MADV_DONTNEED);
    mremap(vvar, length, length + PAGE, MREMAP_MAYMOVE);
    char *vdso = named("[vdso]", &length);
    mremap(vdso, length, length + PAGE, MREMAP_MAYMOVE);
    mlock(vdso, length);
    madvise(vdso, length, MADV_DODUMP);
    madvise(vdso, length, MADV_DONTDUMP);
    madvise(vdso, length, MADV_DODUMP);
    mprotect(vdso, PAGE, PROT_READ);
}

static uintptr_t heap(uintptr_t end)
{
    return (uintptr_t)syscall(SYS_brk, end);
}

/* Nothing may be allocated from here on. */
static void heaps(void)
{
    uintptr_t start = (heap(0) + 16 * PAGE) & ~(uintptr_t)(PAGE - 1);
    heap(start + 100);
    heap(start + 200);
    heap(start + 9 * PAGE);
    heap(start + 3 * PAGE + 1);
    heap(PAGE);
    char *obstacle = map((void *)(start + 12 * PAGE), PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    heap(start + 13 * PAGE);
    heap(start + 12 * PAGE);
    heap(start + 11 * PAGE);
    munmap(obstacle, PAGE);
    limit(RLIMIT_DATA, 4 * PAGE);
    heap(start + 12 * PAGE);
    limit(RLIMIT_DATA, RLIM_INFINITY);
    limit(RLIMIT_AS, PAGE);
    heap(start + 12 * PAGE);
    map(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    limit(RLIMIT_AS, RLIM_INFINITY);
    mprotect((void *)start, PAGE, PROT_READ);
    heap(start + 14 * PAGE);
    munmap((void *)(start + 4 * PAGE), 10 * PAGE);
    heap(start + 8 * PAGE);
    heap(start + 20 * PAGE);
}

static void locks(void)
{
    mlockall(MCL_CURRENT);
    mlockall(MCL_FUTURE);
    map(NULL, 2 * PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    heap(heap(0) + 2 * PAGE);
    munlockall();
}

int main(int count, char **words)
{
    int file = count == 2 ? open(words[1], O_RDONLY) : -1;
    if (file == -1) {
        fputs("usage: rules FILE\n", stderr);
        return 2;
    }
    shared(file);
    places(file);
    kernels_own();
    heaps();
    locks();
    _exit(0);
}
