/**
 * UTF-16 units of one message. About ten printed pages: longer texts are files, and a row that long would make
 * every list that holds it slow.
 */
export const maxMessageLength = 20_000
