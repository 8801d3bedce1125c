/** What is made from now on and neither ended, closed nor removed, by its kind. */
export function watchWhatIsLeft(): { left(): string[]; stop(): void } {
  const left = new Map<unknown, string>()
  const undo: (() => void)[] = []
  const swap = <Key extends keyof typeof globalThis>(key: Key, value: unknown): void => {
    const original = globalThis[key]
    undo.push(() => Object.assign(globalThis, { [key]: original }))
    Object.assign(globalThis, { [key]: value })
  }
  const [setLong, clearLong, setOnce, clearOnce] = [setInterval, clearInterval, setTimeout, clearTimeout]
  swap('setInterval', (run: () => void, ms: number) => {
    const timer = setLong(run, ms)
    left.set(timer, `interval of ${ms}`)
    return timer
  })
  swap('clearInterval', (timer: number) => {
    left.delete(timer)
    clearLong(timer)
  })
  swap('setTimeout', (run: (...values: unknown[]) => void, ms: number, ...values: unknown[]) => {
    const timer = setOnce(() => {
      left.delete(timer)
      run(...values)
    }, ms)
    // Waits of this test's own polling are not of the room.
    if (/src\/live\/[a-z-]+\.ts|y-webrtc|lib0/.test(new Error('where').stack ?? ''))
      left.set(timer, `timer of ${ms}`)
    return timer
  })
  swap('clearTimeout', (timer: number) => {
    left.delete(timer)
    clearOnce(timer)
  })
  // The library has taken hold of this one long before.
  const [own, { onmessage }] = [
    BroadcastChannel.prototype,
    Object.getOwnPropertyDescriptors(BroadcastChannel.prototype),
  ]
  const { close } = own
  Object.defineProperty(own, 'onmessage', {
    ...onmessage,
    set(this: BroadcastChannel, listener: BroadcastChannel['onmessage']) {
      left.set(this, 'BroadcastChannel')
      onmessage.set?.call(this, listener)
    },
  })
  own.close = function (this: BroadcastChannel) {
    left.delete(this)
    close.call(this)
  }
  undo.push(() => Object.defineProperties(own, { onmessage, close: { value: close } }))
  for (const kind of ['RTCPeerConnection', 'WebSocket'] as const) {
    const Original = globalThis[kind] as unknown as new (...values: unknown[]) => { close(): void }
    swap(
      kind,
      class extends Original {
        constructor(...values: unknown[]) {
          super(...values)
          left.set(this, kind)
        }

        override close(): void {
          left.delete(this)
          super.close()
        }
      },
    )
  }
  const [listen, unlisten] = [window.addEventListener, window.removeEventListener]
  swap('addEventListener', function (this: Window, ...values: Parameters<typeof listen>) {
    left.set(values[1], `listener for ${values[0]}`)
    listen.apply(window, values)
  })
  swap('removeEventListener', function (this: Window, ...values: Parameters<typeof unlisten>) {
    left.delete(values[1])
    unlisten.apply(window, values)
  })
  return { left: () => [...left.values()], stop: () => undo.forEach((put) => put()) }
}
