import { defineConfig } from '@playwright/test'
import stories from '../playwright.config.ts'

/** Not a test of anything: what it takes are pictures, for people to look at. */
export default defineConfig(stories, {
  testMatch: '**/*.screens.ts',
  outputDir: '../../test-results/screens-failures',
  workers: 1,
  timeout: 600_000,
})
