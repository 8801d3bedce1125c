import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'
import axe, { type Result } from 'axe-core'
import type { FirefoxPage } from './firefox.ts'

const schemes = ['light', 'dark'] as const
const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Faults of WCAG 2.2 AA that a machine can find on the page as it stands. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // One page at a time is looked at, without the frames for which axe would open pages of its own.
  const { violations } = await new AxeBuilder({ page }).withTags(standards).setLegacyMode(true).analyze()
  return violations.flatMap(faultsIn)
}

function faultsIn({ id, help, nodes }: Result): string[] {
  return nodes.map(
    ({ target, failureSummary }) => `${id}: ${help} (${target.join(' ')}) ${failureSummary ?? ''}`,
  )
}

/** Runs in the page: what has to be scrolled sideways to be read, text in one line excepted. */
export function sidewaysScrolled(): string[] {
  const scrolls = (part: Element): boolean => /auto|scroll/.test(getComputedStyle(part).overflowX)
  return [document.documentElement, ...document.querySelectorAll('body *')]
    .filter(
      (part) => part === document.documentElement || (scrolls(part) && !part.matches('input, textarea')),
    )
    .filter((part) => part.scrollWidth > part.clientWidth)
    .map(
      (part) => `${part.tagName.toLowerCase()}.${part.className}: ${part.scrollWidth} > ${part.clientWidth}`,
    )
}

/** No such fault in light and in dark, and nothing to be scrolled sideways. All that is found is told, not the first alone. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  for (const colorScheme of schemes) {
    // Half-way through a fade every contrast is wrong.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect.soft(await accessibilityFaults(page), `${what}, ${colorScheme}`).toEqual([])
  }
  expect.soft(await page.evaluate(sidewaysScrolled), `${what}, scrolled sideways`).toEqual([])
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
}

/** The same in a Firefox, in the colours that it was opened with. */
export async function expectAccessibleInFirefox(page: FirefoxPage, what: string): Promise<void> {
  await page.evaluate(`${axe.source}; undefined`)
  const { violations } = await page.evaluate(
    (tags) => (window as unknown as { axe: typeof axe }).axe.run({ runOnly: tags, iframes: false }),
    [...standards],
  )
  expect.soft(violations.flatMap(faultsIn), `${what}, in Firefox`).toEqual([])
  expect.soft(await page.evaluate(sidewaysScrolled), `${what}, scrolled sideways in Firefox`).toEqual([])
}
