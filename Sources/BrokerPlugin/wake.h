/* Ends the broker's sleep. Its loop waits up to 100 ms for a client; what Picket asks, the end of the process that writes the
 * deny list, and events that have gathered long enough must not wait for that. A signal ends the wait (epoll_wait is never
 * restarted, signal(7)), and costs the broker nothing as long as none comes: a second thread does (PLUGIN.md). */
#ifndef PICKET_WAKE_H
#define PICKET_WAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct wake {
    bool is_open, is_armed; /* a timer there is; it runs */
    timer_t timer;
};

/* Takes SIGURG and SIGCHLD, both of which do nothing unless somebody wants them: a handler that is there stays, and wakes as
 * well. Without a timer of the kernel's all is as ever, and the broker turns every 100 ms. */
void wake_open(struct wake *wake);
void wake_close(struct wake *wake);

/* Whether a signal came since this was asked before. */
bool wake_came(struct wake *wake);

/* The broker turns as soon as something can be read from the socket. */
void wake_when_readable(int socket);

/* The broker turns after so many milliseconds, unless it was asked to already. */
void wake_after(struct wake *wake, int64_t milliseconds);

#endif
