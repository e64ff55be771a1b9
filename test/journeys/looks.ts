import type { Page } from 'playwright-core'
import { checkAccessibility } from '../browser.ts'

/** Each width and each scheme once: what is wrong with one of them is wrong beside either of the other two. */
const views = [
  { width: 1280, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const

/**
 * Checks what the page shows now with axe: wide and light, narrow and dark. Leaves it wide and light.
 * @throws AssertionError that names width, colours and what is not accessible
 */
export async function checkLooks(page: Page, what: string): Promise<void> {
  const found: string[] = []
  for (const { width, colorScheme } of views) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    await checkAccessibility(page).catch((error: Error) =>
      found.push(`${what}, ${width} px, ${colorScheme}: ${error.message}`),
    )
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.emulateMedia({ colorScheme: 'light' })
  if (found.length > 0) throw new Error(found.join('\n'))
}
