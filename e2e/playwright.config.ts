import { defineConfig } from '@playwright/test'
import { presentBrowser } from '../scripts/browser.ts'
import { browserArguments } from './harness/browser-arguments.ts'

const executablePath = presentBrowser()

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
      args: browserArguments(),
    },
  },
})
