import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** How a person's browser reaches the world, as a story deals with it. */
export interface WayOut {
  /** Whoever was asked for and is not to be. */
  readonly strangers: ReadonlySet<string>
  /** What a browser context takes, where it is a proxy. */
  readonly proxy?: { server: string; bypass: string }
  cut(): void
  mend(): void
  close(): Promise<void>
}

/**
 * The one way from a person's browser to the world: an HTTP proxy that the whole browser context is given. It
 * leads to the hosts that it is told and remembers whoever else was asked for, workers and sockets included. It can
 * be cut for real: open connections break, new ones fail. (Chromium's own offline mode leaves WebSockets open.)
 */
export class Road implements WayOut {
  /** Hosts (`name:port`) that were asked for and are not among those allowed. */
  readonly strangers = new Set<string>()
  readonly #mayReach: (host: string) => boolean
  readonly #names: ReadonlyMap<string, string>
  readonly #server: Server
  readonly #sockets = new Set<Duplex>()
  #isCut = false

  private constructor(mayReach: (host: string) => boolean, names: ReadonlyMap<string, string>) {
    this.#mayReach = mayReach
    this.#names = names
    this.#server = createServer((from, to) => this.#forward(from, to))
    this.#server.on('connect', (from: IncomingMessage, socket: Duplex) =>
      this.#tunnel(from.url ?? '', socket),
    )
    this.#server.on('connection', (socket) => this.#keep(socket))
  }

  /** `names`: hosts that no name server knows, and the addresses behind them. */
  static async open(
    mayReach: (host: string) => boolean,
    names: ReadonlyMap<string, string> = new Map(),
  ): Promise<Road> {
    const road = new Road(mayReach, names)
    await new Promise<void>((resolve) => road.#server.listen(0, '127.0.0.1', resolve))
    return road
  }

  get proxy(): { server: string; bypass: string } {
    // Without this word Chromium would go to its own machine directly.
    return {
      server: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      bypass: '<-loopback>',
    }
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isCut = false
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #allows(host: string): boolean {
    if (this.#mayReach(host)) return !this.#isCut
    this.strangers.add(host)
    return false
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
  }

  #tunnel(host: string, socket: Duplex): void {
    const { hostname, port } = new URL(`http://${host}`)
    if (!this.#allows(host)) {
      socket.destroy()
      return
    }
    const onward: Socket = connect(
      { host: this.#names.get(hostname) ?? hostname, port: Number(port) },
      () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
        onward.pipe(socket).pipe(onward)
      },
    )
    this.#keep(onward)
    onward.on('close', () => socket.destroy())
    socket.on('close', () => onward.destroy())
  }

  #forward(from: IncomingMessage, to: ServerResponse): void {
    const address = new URL(from.url ?? '', 'http://nowhere.invalid')
    if (!this.#allows(address.host)) {
      from.socket.destroy()
      return
    }
    const { hostname, port, pathname, search } = address
    const host = this.#names.get(hostname) ?? hostname
    const options = { host, port, path: pathname + search, method: from.method, headers: from.headers }
    const onward = request(options, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(to)
    })
    onward.on('socket', (socket) => {
      if (!this.#sockets.has(socket)) this.#keep(socket)
    })
    // A relay that is down looks to the browser as it would without us: a connection that breaks.
    onward.on('error', () => from.socket.destroy())
    from.pipe(onward)
  }
}
