/* Makes every call that docs/recording.md has a line for, and ends by exit_group. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

enum { PAGE = 4096, THREADS = 8, ROUNDS = 3 };

extern char **environ;

/* Anonymous pages, wherever there is room. */
static char *pages(size_t count, int prot, int flags)
{
    char *p = mmap(NULL, count * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return p;
}

/* What another thread has just unmapped is given out again at once. */
static void *work(void *argument)
{
    char deep[50 * PAGE];
    memset(deep, 1, sizeof deep);
    for (size_t i = 0; i < 12; i++) {
        size_t count = 10 * (1 + (i * 7 + 13 * (size_t)argument) % 50);
        char *p = pages(count, PROT_READ | PROT_WRITE, 0);
        p = mremap(p, count * PAGE, 2 * count * PAGE, MREMAP_MAYMOVE);
        mprotect(p + PAGE, PAGE, PROT_READ);
        munmap(p, count * PAGE);
        munmap(p + count * PAGE, count * PAGE);
    }
    return NULL;
}

static void threads(void)
{
    pthread_t all[THREADS];
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < THREADS; i++)
            pthread_create(&all[i], NULL, work, (void *)i);
        for (size_t i = 0; i < THREADS; i++)
            pthread_join(all[i], NULL);
    }
}

/* Uses at least `count` pages of the stack. */
static int deep(int count)
{
    volatile char page[PAGE];
    memset((char *)page, count, sizeof page);
    return count > 0 ? deep(count - 1) + page[0] : 0;
}

static void stacks(void)
{
    char *p = mmap((void *)0x200000000000, 2 * PAGE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
    for (int i = 1; p != MAP_FAILED && i < 40; i++)
        *(volatile char *)(p - i * PAGE) = 1;
    deep(300);
    pages(256, PROT_READ | PROT_WRITE, MAP_STACK);
}

static void children(void)
{
    char *arguments[] = {"true", NULL};
    pid_t child;
    if (posix_spawnp(&child, "true", NULL, NULL, arguments, environ) == 0)
        waitpid(child, NULL, 0);
    child = vfork();
    if (child == 0) {
        execlp("true", "true", (char *)NULL);
        _exit(1);
    }
    waitpid(child, NULL, 0);
    child = fork();
    if (child == 0) {
        deep(600);
        mmap(NULL, 256 * PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        exit(0);
    }
    waitpid(child, NULL, 0);
}

static void shared(void)
{
    int id = shmget(IPC_PRIVATE, 100000, IPC_CREAT | 0600);
    char *segment = shmat(id, NULL, 0);
    shmctl(id, IPC_RMID, NULL);
    if (segment != (void *)-1) {
        shmat(id, NULL, SHM_RDONLY);
        shmdt(segment);
    }
    int file = memfd_create("calls", 0);
    if (ftruncate(file, 256 * PAGE) == 0) {
        char *p = mmap(NULL, 256 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        /* A second view. */
        mremap(p, 0, 16 * PAGE, MREMAP_MAYMOVE);
    }
}

static void reservation(void)
{
    size_t size = 1UL << 38;
    char *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return;
    mmap(p + 256 * PAGE, 256 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    mprotect(p + 4096 * PAGE, 1024 * PAGE, PROT_READ | PROT_WRITE);
    /* Refused: something is there. */
    mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    mmap((void *)0x210000000000, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

static void holes(void)
{
    char *p = pages(10, PROT_READ | PROT_WRITE, 0);
    munmap(p + 4 * PAGE, PAGE);
    /* These fail half-way. */
    mprotect(p, 10 * PAGE, PROT_READ);
    mlock(p, 10 * PAGE);
    munlock(p + PAGE, 9 * PAGE);
    madvise(p, 10 * PAGE, MADV_DONTDUMP);
    munmap(p + 2 * PAGE, 5 * PAGE);
    madvise(p, PAGE, MADV_DONTFORK);
    madvise(p, PAGE, MADV_DOFORK);
    madvise(p, PAGE, MADV_SEQUENTIAL);
}

static void locks(void)
{
    mlockall(MCL_CURRENT | MCL_FUTURE);
    char *p = pages(2, PROT_READ | PROT_WRITE, 0);
    pages(2, PROT_NONE, 0);
    munlockall();
    mlock(p, PAGE);
}

static void moves(void)
{
    char *p = pages(16, PROT_READ | PROT_WRITE, 0);
    mremap(p, 16 * PAGE, 16 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
    p = pages(3, PROT_READ | PROT_WRITE, 0);
    mprotect(p + PAGE, PAGE, PROT_READ);
    /* Three mappings at once, which older kernels refuse. */
    mremap(p, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)0x300000000000);
    p = pages(2, PROT_READ | PROT_WRITE, 0);
    mremap(p, 2 * PAGE, PAGE, 0);
    mremap(p, PAGE, 2 * PAGE, 0);
    /* Large blocks are grown by mremap. */
    char *block = malloc(300000);
    for (size_t size = 600000; block != NULL && size < 40000000; size *= 2)
        block = realloc(block, size);
    free(block);
    sbrk(256 * PAGE);
    sbrk(-128 * PAGE);
}

int main(void)
{
    stacks();
    threads();
    children();
    shared();
    reservation();
    holes();
    locks();
    moves();
    dlopen("libm.so.6", RTLD_NOW);
    return 0;
}
