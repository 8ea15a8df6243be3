// What the library asks of Android's C library and log and glibc has not, or otherwise; all else it finds in glibc.
// Both are the kernel's structures (stat, dirent) on 64 bits, and both count on it.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int *__errno(void) { return __errno_location(); }

int __system_property_get(const char *name, char *value) {
    *value = 0;
    return 0;
}

int __android_log_write(int priority, const char *tag, const char *text) { return printf("log: %s: %s\n", tag, text); }
int __android_log_buf_write(int log, int priority, const char *tag, const char *text) { return __android_log_write(priority, tag, text); }

// POSIX's, which answers with a number; glibc's of that name answers with a text.
int strerror_r(int error, char *text, size_t size) { return __xpg_strerror_r(error, text, size); }

// bionic numbers the questions otherwise.
long sysconf(int question) {
    switch (question) {
    case 39: // _SC_PAGESIZE
    case 40: return getpagesize();
    case 96: // _SC_NPROCESSORS_CONF
    case 97: return 2;
    default: return -1;
    }
}

// bionic's pthread_attr_t is smaller than glibc's: it stays as it is, and threads get glibc's own sizes.
int pthread_attr_init(pthread_attr_t *attributes) { return 0; }
int pthread_attr_destroy(pthread_attr_t *attributes) { return 0; }
int pthread_attr_setstacksize(pthread_attr_t *attributes, size_t size) { return 0; }

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = dlsym(RTLD_NEXT, "pthread_create");
    return create(thread, NULL, run, argument);
}
