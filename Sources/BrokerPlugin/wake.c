#define _GNU_SOURCE
#include "wake.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Whose default is to do nothing: one that comes late, when the plugin is gone, hurts nobody. */
static const int signals[] = {SIGURG, SIGCHLD};
static struct sigaction before[sizeof signals / sizeof signals[0]];

static volatile sig_atomic_t came;

static void awake(int number) {
    (void)number;
    came = 1;
}

void wake_open(struct wake *wake) {
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction ours = {.sa_handler = awake, .sa_flags = SA_RESTART};
        sigemptyset(&ours.sa_mask);
        if (sigaction(signals[i], NULL, &before[i]) != 0 || (before[i].sa_flags & SA_SIGINFO) != 0) continue;
        /* A SIGCHLD that is ignored would besides keep how a process ended from whoever waits for it. */
        if (before[i].sa_handler == SIG_DFL || before[i].sa_handler == SIG_IGN) sigaction(signals[i], &ours, NULL);
    }
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGURG};
    event._sigev_un._tid = gettid();
    wake->is_open = timer_create(CLOCK_MONOTONIC, &event, &wake->timer) == 0;
    wake->is_armed = false;
}

void wake_close(struct wake *wake) {
    if (wake->is_open) timer_delete(wake->timer);
    wake->is_open = false;
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction now;
        if (sigaction(signals[i], NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == awake)
            sigaction(signals[i], &before[i], NULL);
    }
}

bool wake_came(struct wake *wake) {
    if (!came) return false;
    came = 0;
    wake->is_armed = false;
    return true;
}

void wake_when_readable(int socket) {
    struct f_owner_ex owner = {.type = F_OWNER_TID, .pid = gettid()};
    int flags = fcntl(socket, F_GETFL);
    if (flags >= 0 && fcntl(socket, F_SETOWN_EX, &owner) == 0 && fcntl(socket, F_SETSIG, SIGURG) == 0)
        fcntl(socket, F_SETFL, flags | O_ASYNC);
}

void wake_after(struct wake *wake, int64_t milliseconds) {
    if (!wake->is_open || wake->is_armed) return;
    if (milliseconds < 1) milliseconds = 1;
    struct itimerspec at = {.it_value = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000}};
    wake->is_armed = timer_settime(wake->timer, 0, &at, NULL) == 0;
}
