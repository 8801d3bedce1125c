/** What a conversation needs once its clique is open: one part, fetched after the first paint. */
export { ConversationWindow } from '../documents/conversation-window.ts'
export { placesOf } from './audience.ts'
export { readVectors } from '../storage/peers.ts'
export { readUnrelayedSequences } from '../storage/unsent.ts'
export { toMessageRows } from './message-rows.ts'
export { sendFiles, UploadWatch } from './uploads.ts'
