import type { ConnectionMap } from './connection-state.ts'

export const channelName = 'clique-connections'

/** Milliseconds without a word from the leading tab after which nothing is known any more. */
const staleMs = 5_000
export const repeatMs = 2_000

export type ConnectionMessage =
  { readonly kind: 'ask' } | { readonly kind: 'all'; readonly all: ConnectionMap }

/** Every tab's side, the leading one's screen included. Returns the function that stops listening. */
export function watchConnections(listener: (all: ConnectionMap) => void): () => void {
  const channel = new BroadcastChannel(channelName)
  let heardAt = Date.now()
  channel.onmessage = (event: MessageEvent<ConnectionMessage>) => {
    if (event.data.kind !== 'all') return
    heardAt = Date.now()
    listener(event.data.all)
  }
  // A leader that went silent leaves no claim behind that somebody is connected.
  const watch = setInterval(() => {
    if (Date.now() - heardAt > staleMs) listener(new Map())
  }, repeatMs)
  channel.postMessage({ kind: 'ask' } satisfies ConnectionMessage)
  return () => {
    clearInterval(watch)
    channel.close()
  }
}
