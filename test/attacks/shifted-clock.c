/* Shifts the clock of a program by SHIFT seconds, and turns it back by BACK seconds once after AFTER milliseconds of its life. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

typedef int (*get_time)(clockid_t, struct timespec *);

static get_time real_time(void) {
  static get_time found;
  if (!found) found = (get_time)dlsym(RTLD_NEXT, "clock_gettime");
  return found;
}

static long long number(const char *name) {
  const char *text = getenv(name);
  return text ? atoll(text) : 0;
}

static long long shift(void) {
  static long long by, back, after, begin;
  struct timespec now;
  real_time()(CLOCK_MONOTONIC, &now);
  long long ms = now.tv_sec * 1000LL + now.tv_nsec / 1000000;
  if (!begin) {
    by = number("SHIFT");
    back = number("BACK");
    after = number("AFTER");
    begin = ms;
  }
  return back && ms - begin > after ? by - back : by;
}

int clock_gettime(clockid_t clock, struct timespec *to) {
  int code = real_time()(clock, to);
  if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) to->tv_sec += shift();
  return code;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone) {
  struct timespec now;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
  to->tv_sec = now.tv_sec;
  to->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *to) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (to) *to = now.tv_sec;
  return now.tv_sec;
}
