import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

const schemes = ['light', 'dark'] as const
const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Faults of WCAG 2.2 AA that a machine can find on the page as it stands. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // One page at a time is looked at, without the frames for which axe would open pages of its own.
  const { violations } = await new AxeBuilder({ page }).withTags(standards).setLegacyMode(true).analyze()
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help} (${target.join(' ')}) ${failureSummary ?? ''}`),
  )
}

/** No such fault in light and in dark. All that is found is told, not the first alone. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  for (const colorScheme of schemes) {
    // Half-way through a fade every contrast is wrong.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect.soft(await accessibilityFaults(page), `${what}, ${colorScheme}`).toEqual([])
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
}
