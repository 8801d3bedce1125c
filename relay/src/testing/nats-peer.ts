import type { Socket } from 'node:net'
import { findProgram, freePort, openSocket, startServer, stopServer, versionOf } from './peer-process.ts'
import type { PeerStart, Sender } from './peer-process.ts'

const facts = {
  name: 'NATS JetStream',
  goal: { atLeast: 1 },
  install: 'apt-get install nats-server',
} as const

/** A file-backed stream, as it is without settings: flushed now and then, not before each acknowledgement. */
export async function startNats(folder: string): Promise<PeerStart> {
  const program = findProgram('nats-server')
  if (program === null) return { ...facts, peer: null }
  const port = await freePort()
  const child = await startServer(program, ['-a', '127.0.0.1', '-p', `${port}`, '-js', '-sd', folder], port)
  const stop = (): Promise<void> => stopServer(child)
  try {
    const maker = new NatsSender(await openSocket(port))
    const answer = await maker.ask('$JS.API.STREAM.CREATE.bench', Buffer.from(JSON.stringify(stream)))
    maker.close()
    if (answer.includes('"error"')) throw new Error(`no stream: ${answer}`)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    ...facts,
    peer: {
      version: versionOf(program, '--version'),
      promise: 'over loopback, acknowledged before it is flushed',
      connect: async () => new NatsSender(await openSocket(port)),
      stop,
    },
  }
}

const stream = { name: 'bench', subjects: ['bench'], storage: 'file', retention: 'limits', num_replicas: 1 }

/** As much of the NATS client protocol as a publisher needs that waits for each acknowledgement. */
class NatsSender implements Sender {
  readonly #socket: Socket
  readonly #waiting = new Map<string, (answer: string) => void>()
  readonly #inbox: string
  #last = 0
  #unread = ''

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#read(text))
    // Its own end is the benchmark's: what was not acknowledged by then is not counted.
    socket.on('error', () => this.close())
    // No two connections at a time come from one port.
    this.#inbox = `from${socket.localPort}`
    socket.write(`CONNECT {"verbose":false,"pedantic":false}\r\nSUB ${this.#inbox}.* 1\r\n`)
  }

  async send(bytes: Buffer): Promise<void> {
    const answer = await this.ask('bench', bytes)
    if (!answer.includes('"seq"')) throw new Error(`not stored: ${answer}`)
  }

  ask(subject: string, bytes: Buffer): Promise<string> {
    const token = String(++this.#last)
    this.#socket.write(
      Buffer.concat([
        Buffer.from(`PUB ${subject} ${this.#inbox}.${token} ${bytes.length}\r\n`),
        bytes,
        Buffer.from('\r\n'),
      ]),
    )
    return new Promise((resolve) => this.#waiting.set(token, resolve))
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(text: string): void {
    this.#unread += text
    for (;;) {
      const end = this.#unread.indexOf('\r\n')
      if (end === -1) return
      const line = this.#unread.slice(0, end)
      if (!line.startsWith('MSG ')) {
        this.#unread = this.#unread.slice(end + 2)
        if (line === 'PING') this.#socket.write('PONG\r\n')
        continue
      }
      const words = line.split(' ')
      const size = Number(words.at(-1))
      if (this.#unread.length < end + 4 + size) return
      const answer = this.#unread.slice(end + 2, end + 2 + size)
      this.#unread = this.#unread.slice(end + 4 + size)
      const token = words[1]?.split('.').at(-1) ?? ''
      this.#waiting.get(token)?.(answer)
      this.#waiting.delete(token)
    }
  }
}
