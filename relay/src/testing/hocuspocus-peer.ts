import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HocuspocusProvider } from '@hocuspocus/provider'
import * as Y from 'yjs'
import { freePort, startServer, stopServer } from './peer-process.ts'
import type { IngestPeer, Sender } from './peer-process.ts'

const program = fileURLToPath(new URL('./hocuspocus-server.ts', import.meta.url))
const facts = fileURLToPath(new URL('../../../node_modules/@hocuspocus/server/package.json', import.meta.url))

export async function startHocuspocus(folder: string): Promise<IngestPeer> {
  const port = await freePort()
  const child = await startServer(
    process.execPath,
    [program, join(folder, 'hocuspocus.sqlite'), `${port}`],
    port,
  )
  let documents = 0
  return {
    version: (JSON.parse(readFileSync(facts, 'utf8')) as { version: string }).version,
    promise: 'acknowledged from memory, written two seconds later',
    connect: () => HocuspocusSender.connect(port, `conversation ${documents++}`),
    stop: () => stopServer(child),
  }
}

/** One conversation, to whose list messages are pushed; each is acknowledged in turn. */
class HocuspocusSender implements Sender {
  readonly #provider: HocuspocusProvider
  readonly #list: Y.Array<string>
  readonly #waiting: (() => void)[] = []
  #unsynced = 0

  private constructor(provider: HocuspocusProvider) {
    this.#provider = provider
    this.#list = provider.document.getArray('messages')
    this.#unsynced = provider.unsyncedChanges
    provider.on('unsyncedChanges', ({ number }: { number: number }) => {
      if (number < this.#unsynced) this.#waiting.shift()?.()
      this.#unsynced = number
    })
  }

  static async connect(port: number, name: string): Promise<Sender> {
    const document = new Y.Doc()
    const provider = new HocuspocusProvider({ url: `ws://127.0.0.1:${port}`, name, document })
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (provider.isSynced && provider.unsyncedChanges === 0) resolve()
      }
      provider.on('synced', check)
      provider.on('unsyncedChanges', check)
    })
    return new HocuspocusSender(provider)
  }

  send(bytes: Buffer): Promise<void> {
    const done = new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#list.push([bytes.toString('latin1')])
    return done
  }

  close(): void {
    this.#provider.destroy()
  }
}
