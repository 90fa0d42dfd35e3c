/* Opening what lies below a folder, and nothing else. */
#ifndef POLLUX_BENEATH_H
#define POLLUX_BENEATH_H

/* Opens name ("js/chat.js") for reading, below the folder root (a descriptor, O_PATH will do). Symbolic links are followed if
 * they stay beneath it; where the kernel can't tell, none is. A descriptor (non-blocking, closed on exec), or -1 and errno. */
int beneath_open(int root, const char *name);

#endif
