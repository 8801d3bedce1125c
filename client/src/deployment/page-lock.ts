/**
 * Name of the Web Lock that every page holds while it lives, followed by the path of a script that it runs. It tells
 * the service worker which versions are in use; the browser lets go of it however the page ends.
 */
export const pageLock = 'clique-page '
