/**
 * In the built app this stands in for `lib0/logging`, 4 KiB after gzip with what prints for it: y-webrtc would name rooms
 * and peers with it, and Yjs print contents. What Yjs warns of, misuse of its types, is told.
 *
 * The names are the library's. Should somebody ask for another one, the build fails.
 */
export const createModuleLogger = () => print

export const print = (): void => {}

export const warn = (...words: readonly unknown[]): void => console.warn(...words)

/** How the words that are not printed would look. */
export const [BOLD, UNBOLD, RED, ORANGE, GREY, UNCOLOR] = ['', '', '', '', '', '']
