import { mkdirSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { findProgram, freePort, openSocket, startServer, stopServer, versionOf } from './peer-process.ts'
import type { PeerStart, Sender } from './peer-process.ts'

const facts = {
  name: 'Mosquitto QoS 1',
  goal: null,
  install: 'apt-get install mosquitto',
} as const

/** A broker that keeps messages for a subscriber who sleeps, as a mailbox does. It writes its file now and then. */
export async function startMosquitto(folder: string): Promise<PeerStart> {
  const program = findProgram('mosquitto')
  if (program === null) return { ...facts, peer: null }
  const port = await freePort()
  mkdirSync(folder)
  const settings = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'persistence true',
    `persistence_location ${folder}/`,
    'max_queued_messages 0',
    'max_queued_bytes 0',
    `user ${userInfo().username}`,
  ]
  writeFileSync(join(folder, 'settings'), `${settings.join('\n')}\n`)
  const child = await startServer(program, ['-c', join(folder, 'settings')], port)
  const stop = (): Promise<void> => stopServer(child)
  try {
    const sleeper = await MqttSender.open(port, 'sleeper')
    await sleeper.subscribes()
    sleeper.close()
  } catch (error) {
    await stop()
    throw error
  }
  let clients = 0
  return {
    ...facts,
    peer: {
      version: versionOf(program, '-h'),
      promise: 'over loopback, acknowledged from memory',
      connect: () => MqttSender.open(port, `sender${++clients}`),
      stop,
    },
  }
}

const topic = textField('bench')
/** First bytes of the packets of MQTT 3.1.1 that are used. */
const packets = {
  connect: 0x10,
  connected: 0x20,
  publish: 0x32,
  acknowledged: 0x40,
  subscribe: 0x82,
  subscribed: 0x90,
}

/** As much of MQTT 3.1.1 as a publisher needs that waits for each acknowledgement. */
class MqttSender implements Sender {
  readonly #socket: Socket
  readonly #waiting = new Map<number, () => void>()
  #last = 0
  #unread: Buffer = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    // Its own end is the benchmark's: what was not acknowledged by then is not counted.
    socket.on('error', () => this.close())
  }

  /** With a session that the broker keeps when the connection is over. */
  static async open(port: number, client: string): Promise<MqttSender> {
    const sender = new MqttSender(await openSocket(port))
    const connected = sender.#answerTo(0)
    const keepAlive = [0, 60]
    sender.#write(packets.connect, textField('MQTT'), Buffer.from([4, 0, ...keepAlive]), textField(client))
    await connected
    return sender
  }

  subscribes(): Promise<void> {
    const id = this.#nextId()
    const subscribed = this.#answerTo(id)
    this.#write(packets.subscribe, idField(id), topic, Buffer.from([1]))
    return subscribed
  }

  send(bytes: Buffer): Promise<void> {
    const id = this.#nextId()
    const acknowledged = this.#answerTo(id)
    this.#write(packets.publish, topic, idField(id), bytes)
    return acknowledged
  }

  close(): void {
    this.#socket.destroy()
  }

  /** From 1; more than are ever in flight lie between two uses of one. */
  #nextId(): number {
    this.#last = (this.#last % 0xffff) + 1
    return this.#last
  }

  #answerTo(id: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(id, resolve))
  }

  #write(packet: number, ...parts: readonly Buffer[]): void {
    const body = Buffer.concat(parts)
    const length: number[] = []
    for (let rest = body.length; length.length === 0 || rest > 0; rest >>= 7) {
      length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    }
    this.#socket.write(Buffer.concat([Buffer.from([packet, ...length]), body]))
  }

  /** All that a publisher is told is shorter than 128 bytes, so its length is one byte. */
  #read(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes])
    for (;;) {
      const length = this.#unread[1]
      if (length === undefined || this.#unread.length < 2 + length) return
      const [packet] = this.#unread
      const id = packet === packets.connected ? 0 : this.#unread.readUInt16BE(2)
      this.#unread = this.#unread.subarray(2 + length)
      this.#waiting.get(id)?.()
      this.#waiting.delete(id)
    }
  }
}

function textField(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([idField(bytes.length), bytes])
}

function idField(id: number): Buffer {
  return Buffer.from([id >> 8, id & 0xff])
}
