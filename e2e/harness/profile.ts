import type { Browser, BrowserContext } from '@playwright/test'
import { Guards } from './guards.ts'
import type { Relay } from './relay.ts'
import { blockDirectWays, shiftClock } from './page-watch.ts'
import { Road } from './road.ts'
import type { WayOut } from './road.ts'

/** The relay as its visitors know it. */
export type VisitedRelay = Pick<Relay, 'url' | 'host' | 'stun' | 'claim' | 'hasBeenDown'>

export interface ProfileOptions {
  readonly viewport?: { width: number; height: number }
  readonly colorScheme?: 'light' | 'dark'
  readonly locale?: string
  /** What this browser says that it is. */
  readonly userAgent?: string
  /** It is a phone or a tablet: no mouse, no keyboard. */
  readonly hasTouch?: boolean
  readonly isMobile?: boolean
  /** How far this browser's clock is ahead of the world's. */
  readonly clockAheadMs?: number
  /** A folder for the profile, as browsers outside tests have; without one it lives in memory. */
  readonly folder?: string
  /** No direct way leads to this browser, as behind some routers: only servers that relay would help. */
  readonly hasNoDirectWay?: boolean
  /** The browser's own way to the world, where it needs no road. */
  readonly wayOut?: WayOut
}

/** A person's browser profile, its only way to the world, and what watches both. */
export interface Profile {
  readonly context: BrowserContext
  readonly road: WayOut
  readonly guards: Guards
  readonly relay: VisitedRelay
}

export async function openProfile(
  browser: Browser,
  name: string,
  relay: VisitedRelay,
  { clockAheadMs, folder, hasNoDirectWay = false, wayOut, ...options }: ProfileOptions = {},
): Promise<Profile> {
  const { road, guards } = wayOut ? { road: wayOut, guards: guardsFor(relay) } : await openRoad(relay)
  const whole = { ...options, ...(road.proxy === undefined ? {} : { proxy: road.proxy }) }
  const context = await (folder === undefined
    ? browser.newContext(whole)
    : browser.browserType().launchPersistentContext(folder, whole))
  if (hasNoDirectWay) await context.addInitScript(blockDirectWays)
  await guards.watch(context, name)
  if (clockAheadMs !== undefined) await context.addInitScript(shiftClock, clockAheadMs)
  return { context, road, guards, relay }
}

/** The way to this relay and to nothing else, whichever browser goes there, and what is to be told of that browser. */
export async function openRoad(
  relay: VisitedRelay,
): Promise<{ readonly road: Road; readonly guards: Guards }> {
  return { road: await Road.open((host) => host === relay.host), guards: guardsFor(relay) }
}

function guardsFor(relay: VisitedRelay): Guards {
  return new Guards(
    (host) => host === relay.host,
    (server) => server === relay.stun,
    () => relay.hasBeenDown,
  )
}

/** What the browser did that none may do in any story. */
export function faultsOf({ guards, road }: Pick<Profile, 'road' | 'guards'>): string[] {
  return [...guards.faults, ...[...road.strangers].map((host) => `something asked for ${host}`)]
}

export async function closeProfile({ context, road }: Profile): Promise<void> {
  await context.close()
  await road.close()
}
