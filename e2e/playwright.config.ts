import { defineConfig } from '@playwright/test'
import { presentBrowser } from '../scripts/browser.ts'

const executablePath = presentBrowser()

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
  // Local addresses hidden behind names are resolved by multicast, which not every machine has.
  'WebRtcHideLocalIpsWithMdns',
]

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.story.ts',
  outputDir: '../test-results/e2e',
  reporter: 'list',
  // What fails once is wrong once: a second try would only hide it.
  retries: 0,
  fullyParallel: true,
  workers: 2,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  forbidOnly: process.env['CI'] !== undefined,
  use: {
    browserName: 'chromium',
    locale: 'en-GB',
    viewport: { width: 1200, height: 800 },
    trace: 'off',
    screenshot: 'only-on-failure',
    actionTimeout: 20_000,
    launchOptions: {
      ...(executablePath === null ? {} : { executablePath }),
      args: [
        '--no-sandbox',
        `--disable-features=${disabledFeatures.join()}`,
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-gpu',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
})
