import { noise } from '@chainsafe/libp2p-noise'
import type { Connection, Libp2p, MultiaddrConnection } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cutOff } from '../../protocol/index.ts'
import manifest from '../../package.json' with { type: 'json' }
import { makeNode } from '../testing/device.ts'
import { openWebSocketDoor } from './websocket-door.ts'

let server: Server
let node: Libp2p
let client: Libp2p
const sockets = new Set<Socket>()

beforeEach(async () => {
  const door = openWebSocketDoor()
  server = createServer()
  server.on('upgrade', door.upgrade)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    transports: [door.transport],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  })
  client = await makeNode()
  const { port } = server.address() as AddressInfo
  await client.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}/ws/p2p/${node.peerId.toString()}`))
})
afterEach(async () => {
  await client.stop()
  await node.stop()
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

describe("libp2p's listener behind another port", () => {
  it('[B7] is of the one version that this is written for', () => {
    const path = new URL('../../../node_modules/@libp2p/websockets/package.json', import.meta.url)
    const installed = JSON.parse(readFileSync(path, 'utf8')) as { version: string }
    expect(manifest.dependencies['@libp2p/websockets']).toBe('10.1.21')
    expect(installed.version).toBe('10.1.21')
  })

  it("[B7] sees the client's own address, for its limits", async () => {
    const [socket] = sockets
    await expect.poll(() => node.getConnections().length).toBe(1)
    expect(node.getConnections()[0]?.remoteAddr.toString()).toContain(
      `/ip4/127.0.0.1/tcp/${socket?.remotePort}/ws`,
    )
  })

  it('[B7] closes the socket of a connection that is aborted', async () => {
    await expect.poll(() => node.getConnections().length).toBe(1)
    node.getConnections()[0]?.abort(new Error('enough'))
    await expect.poll(() => sockets.size).toBe(0)
  })

  it('[R12] ends a connection whose transport is closing, at which the library throws', async () => {
    const { remoteAddr, remotePeer } = client.getConnections()[0] ?? {}
    await expect.poll(() => node.getConnections().length).toBe(1)
    const [first] = node.getConnections()
    startsClosing(first)
    expect(() => first?.abort(new Error('enough'))).toThrow('Cannot write')
    await expect.poll(() => sockets.size).toBe(0)
    await client.dial(multiaddr(`${String(remoteAddr)}`))
    expect(client.getConnections()[0]?.remotePeer).toEqual(remotePeer)
    await expect.poll(() => node.getConnections().length).toBe(1)
    const [second] = node.getConnections()
    startsClosing(second)
    if (second !== undefined) cutOff(second, new Error('enough'))
    await expect.poll(() => sockets.size).toBe(0)
  })
})

/** As when the other side hangs up: what is on its way goes out first. */
function startsClosing(connection: Connection | undefined): void {
  const { maConn } = connection as unknown as { maConn: MultiaddrConnection }
  void maConn.close()
}
