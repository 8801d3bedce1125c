import type { ComponentLogger, Logger } from '@libp2p/interface'

/**
 * In the built app this stands in for `@libp2p/logger`, 4 KiB after gzip with what prints for it: the library's log would
 * name peers and addresses, so in Clique nobody ever turns it on.
 *
 * The names are the library's. Should somebody ask for another one, the build fails.
 */
function silent(): Logger {
  const nothing = (): void => {}
  return Object.assign(nothing, {
    enabled: false,
    error: nothing,
    trace: Object.assign(nothing, { enabled: false }),
    newScope: silent,
  })
}

const silence: ComponentLogger = { forComponent: silent }

export const logger = silent
export const defaultLogger = (): ComponentLogger => silence
export const peerLogger = defaultLogger
export const prefixLogger = defaultLogger
