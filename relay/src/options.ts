import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** The origin owns people's data: a relay that came back on another port would have lost them. */
export const defaultPort = 8787

export interface RelayOptions {
  readonly data: string
  readonly port: number
  readonly hosts: readonly string[]
  readonly app: string | null
  /** UDP port for STUN, 0 for any; `same` as the public port's number, where that is free; null for none. */
  readonly stunPort: number | 'same' | null
  /** UDP port for WebRTC; `auto` as the number after the public port's, where devices need it; null for none. */
  readonly webRtcPort: number | 'auto' | null
  /** Where people reach it, when that is not this machine's own name. */
  readonly publicUrl: URL | null
  /** Https origin of an app that people open instead of one of this relay's; null for this relay's own. */
  readonly appUrl: URL | null
  /** Bytes that the database may take; null for what the disk has. */
  readonly maxStorage: number | null
  readonly readyJson: boolean
}

/** What was given on the command line or in the environment makes no sense; the message says what. */
export class OptionsError extends Error {}

export const usage = `Usage: clique-relay [options]

  --data DIR          folder of all that the relay keeps (CLIQUE_DATA, default ./data)
  --port PORT         public port, 0 for any (CLIQUE_PORT, default ${defaultPort})
  --host HOST         address to listen on (CLIQUE_HOST; default: this machine alone,
                      or every address when --public-url is given)
  --stun-port PORT    UDP port that tells devices their address, 0 for any, "off" for none
                      (CLIQUE_STUN_PORT, default the number of the public port if it is free)
  --webrtc-port PORT  UDP port for devices whose app comes from elsewhere, "off" for none
                      (CLIQUE_WEBRTC_PORT, default the number after the public port's,
                      if others reach this relay without a certificate)
  --app DIR           built app to serve (CLIQUE_APP)
  --public-url URL    origin at which others reach this relay, https with a proxy (CLIQUE_PUBLIC_URL)
  --app-url URL       https origin of the app that the claim link leads to, where it is not this
                      relay's own (CLIQUE_APP_URL)
  --max-storage MIB   most that stored data may take, three quarters of it for files (CLIQUE_MAX_STORAGE)
  --ready-json        print one line of JSON when ready, for programs
  --help`

const maxPort = 65_535

/** This machine alone: browsers run the app on an insecure origin nowhere else. */
const loopback = ['127.0.0.1', '::1']

/** Whether nobody but this machine reaches a relay there. */
export const isLoopback = (host: string): boolean => loopback.includes(host)

type Environment = Readonly<Record<string, string | undefined>>

/** Null when help was asked for. @throws OptionsError */
export function readOptions(args: readonly string[], environment: Environment): RelayOptions | null {
  const values = parse(args)
  if (values.help === true) return null
  const given = (flag: string | undefined, name: string): string | null =>
    flag ?? (environment[name] === '' ? null : (environment[name] ?? null))
  const publicUrl = given(values['public-url'], 'CLIQUE_PUBLIC_URL')
  const host = given(values.host, 'CLIQUE_HOST')
  const appUrl = given(values['app-url'], 'CLIQUE_APP_URL')
  const maxStorage = given(values['max-storage'], 'CLIQUE_MAX_STORAGE')
  const app = given(values.app, 'CLIQUE_APP')
  const stunPort = given(values['stun-port'], 'CLIQUE_STUN_PORT') ?? 'same'
  const webRtcPort = given(values['webrtc-port'], 'CLIQUE_WEBRTC_PORT') ?? 'auto'
  return {
    data: resolve(given(values.data, 'CLIQUE_DATA') ?? 'data'),
    port: readPort(given(values.port, 'CLIQUE_PORT') ?? String(defaultPort), 'port'),
    hosts: host !== null ? hostsOf(host) : publicUrl !== null ? ['::'] : loopback,
    stunPort: stunPort === 'off' ? null : stunPort === 'same' ? stunPort : readPort(stunPort, 'stun-port'),
    webRtcPort:
      webRtcPort === 'off'
        ? null
        : webRtcPort === 'auto'
          ? webRtcPort
          : readNumber(webRtcPort, 'webrtc-port', 1, maxPort),
    app: app === null ? null : resolve(app),
    publicUrl: publicUrl === null ? null : readOrigin(publicUrl, 'public-url'),
    appUrl: appUrl === null ? null : readOrigin(appUrl, 'app-url'),
    maxStorage: maxStorage === null ? null : readNumber(maxStorage, 'max-storage', 1, 2 ** 30) * 1024 * 1024,
    readyJson: values['ready-json'] === true,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        data: { type: 'string' },
        port: { type: 'string' },
        host: { type: 'string' },
        app: { type: 'string' },
        'stun-port': { type: 'string' },
        'webrtc-port': { type: 'string' },
        'public-url': { type: 'string' },
        'app-url': { type: 'string' },
        'max-storage': { type: 'string' },
        'ready-json': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    throw new OptionsError(error instanceof Error ? error.message : 'unknown option')
  }
}

function hostsOf(host: string): readonly string[] {
  return host === 'localhost' ? loopback : [host]
}

function readPort(text: string, name: string): number {
  return readNumber(text, name, 0, maxPort)
}

function readNumber(text: string, name: string, min: number, max: number): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < min || number > max) {
    throw new OptionsError(`--${name} takes a number from ${min} to ${max}, not "${text}"`)
  }
  return number
}

function readOrigin(text: string, name: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
  if (!isOrigin)
    throw new OptionsError(`--${name} takes an address like https://relay.example, not "${text}"`)
  return url
}
