import type { ComponentLogger, Logger } from '@libp2p/interface'

/** libp2p's own logs name peers and addresses, so there are none, whatever the environment asks for. */
export const silentLogger: ComponentLogger = { forComponent: () => silent() }

function silent(): Logger {
  const log = (): void => undefined
  return Object.assign(log, { error: log, trace: log, enabled: false, newScope: silent })
}
