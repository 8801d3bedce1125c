import type { IncomingMessage, ServerResponse } from 'node:http'
import { aboutPath } from '../../protocol/index.ts'
import type { About } from '../../protocol/index.ts'
import type { StaticFiles } from './static-files.ts'

export interface Pages {
  about(): Promise<About>
  /** True while requests are served and storage answers. */
  isReady(): Promise<boolean>
  /** Null for a relay that serves no app. */
  readonly app: StaticFiles | null
  /** A request failed by our own fault. */
  onFailure(error: unknown): void
}

/** On every response. The app may frame nothing and be framed by nothing; links that leave tell nobody whence. */
const securityHeaders: readonly (readonly [string, string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['X-Frame-Options', 'DENY'],
  ['Permissions-Policy', 'geolocation=(), payment=(), usb=(), browsing-topics=()'],
]

const noAppPage = `This is a Clique relay. It serves no app of its own: open the app and give it this address.\n`

/** Answers HTTP requests on the public port. */
export function makeRequestHandler(
  pages: Pages,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    for (const [name, value] of securityHeaders) response.setHeader(name, value)
    try {
      await answer(pages, request, response)
    } catch (error) {
      pages.onFailure(error)
      if (!response.headersSent) sendText(response, 500, 'relay-failed\n')
      else response.destroy()
    }
  }
}

async function answer(pages: Pages, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    // Whatever body comes with it is not read.
    response.setHeader('Connection', 'close')
    return sendText(response, 405, 'method-not-allowed\n')
  }
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  switch (path) {
    case aboutPath: {
      const about = JSON.stringify(await pages.about())
      response.setHeader('Cache-Control', 'no-store')
      // Apps of other origins look at it before they connect; it holds nothing that is not for everybody.
      response.setHeader('Access-Control-Allow-Origin', '*')
      response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
      response.setHeader('Content-Type', 'application/json; charset=utf-8')
      response.writeHead(200).end(about)
      return
    }
    case '/healthz':
      return sendText(response, 200, 'ok\n')
    case '/readyz': {
      const isReady = await pages.isReady()
      return sendText(response, isReady ? 200 : 503, isReady ? 'ready\n' : 'not-ready\n')
    }
  }
  const local = localOrigin(request)
  if (local !== null) {
    // The app's data belongs to its origin, so there is one name for this machine.
    response.setHeader('Location', local + (request.url ?? '/'))
    return sendText(response, 308, 'moved\n')
  }
  if (await pages.app?.serve(request, response, path)) return
  if (pages.app === null && path === '/') return sendText(response, 200, noAppPage)
  sendText(response, 404, 'not-found\n')
}

/** The origin to go to when this machine was named by its address. */
function localOrigin(request: IncomingMessage): string | null {
  const match = /^(?:127\.0\.0\.1|\[::1\])(:\d{1,5})?$/.exec(request.headers.host ?? '')
  return match === null ? null : `http://localhost${match[1] ?? ''}`
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-store')
  response.writeHead(status).end(text)
}
