import type { Page } from 'playwright-core'
import readQrCode from 'qr/decode.js'

/** What a camera would read of a QR code. @param name  by which a screen reader knows the picture */
export async function readPicture(page: Page, name: string): Promise<string> {
  const picture = page.getByRole('img', { name })
  const size = Number((await picture.getAttribute('viewBox'))?.split(' ')[2])
  const path = (await picture.locator('path').getAttribute('d')) ?? ''
  const scale = 4
  const width = size * scale
  const data = new Uint8Array(width * width * 4).fill(255)
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)/g))
    for (let dy = 0; dy < scale; dy++)
      for (let dx = 0; dx < scale; dx++) {
        const at = ((Number(y) * scale + dy) * width + Number(x) * scale + dx) * 4
        data.fill(0, at, at + 3)
      }
  return readQrCode({ width, height: width, data })
}
