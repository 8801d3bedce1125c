/**
 * Chromium itself would ask its maker about forms, searches and hints, which the guards take for the app's doing. This
 * replaces Playwright's own list, so what matters of that is named as well.
 */
const disabledFeatures = [
  'AimEnabled',
  'AutofillServerCommunication',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'Translate',
]

export interface BrowserSurroundings {
  /**
   * Local addresses are hidden behind names, as browsers do it. The names are resolved by multicast, which not every
   * machine has and a busy one loses, so most stories and the tests in a page do without.
   */
  readonly hidesLocalAddresses?: boolean
  /** An http origin that counts as secure here, as `localhost` does. */
  readonly secureOrigin?: string
}

/** With what every Chromium of the stories and of the tests in a page is started. */
export function browserArguments({
  hidesLocalAddresses = false,
  secureOrigin,
}: BrowserSurroundings = {}): string[] {
  const disabled = [...disabledFeatures, ...(hidesLocalAddresses ? [] : ['WebRtcHideLocalIpsWithMdns'])]
  return [
    '--no-sandbox',
    `--disable-features=${disabled.join()}`,
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-gpu',
    '--disable-sync',
    '--no-first-run',
    // A camera that shows a picture of its own; whether a page may use it is asked as ever.
    '--use-fake-device-for-media-stream',
    ...(secureOrigin === undefined ? [] : [`--unsafely-treat-insecure-origin-as-secure=${secureOrigin}`]),
  ]
}
