/** What a page tells the service worker: begin to serve now; or: a page has come, look what is not needed any more. */
export interface WorkerMessage {
  readonly kind: 'take-over' | 'page-came'
}

export function isWorkerMessage(message: unknown): message is WorkerMessage {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return false
  return message.kind === 'take-over' || message.kind === 'page-came'
}
