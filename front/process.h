/* What a serving process asks of the system before anything else. Main thread, at start, before any other thread. */
#ifndef POLLUX_FRONT_PROCESS_H
#define POLLUX_FRONT_PROCESS_H

/* Descriptors 0 to 2 are open afterwards, the limit of open files is as high as it may be, and all threads share one heap. */
void process_prepare(void);
/* SIGPIPE, SIGUSR1, SIGUSR2 and SIGHUP do nothing from now on. After libraries that set handlers of their own. */
void process_ignore_signals(void);

#endif
