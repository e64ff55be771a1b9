/**
 * What a double click runs, on whatever system. Mostly the list of the large providers, so that what leaves here arrives there.
 * Sources of programs (.sh, .py) are left out: people who write them send them, and a double click shows them.
 */
const DANGEROUS = new Set(
  (
    'ade adp apk appimage application appref-ms appx appxbundle bat cab chm cmd com command cpl diagcab diagcfg diagpack ' +
    'dll dmg ex_ exe gadget hlp hta img ins iso isp jar jnlp job js jse lnk mam mde mjs msc msh msi msix msixbundle msp ' +
    'mst msu nsh ocx pcd pif pkg ps1 ps1xml ps2 psc1 psc2 psd1 psm1 reg scf scpt scptd scr sct settingcontent-ms shb sys ' +
    'terminal theme udf vb vbe vbs vbscript vhd vhdx vxd workflow ws wsc wsf wsh xbap xll xnk'
  ).split(' '),
)

/** Archives and disguises that are looked through: what they hold has the name before them. */
const WRAPPINGS = new Set(['bz2', 'gz', 'lz', 'lzma', 'xz', 'zst'])

/** Characters that show nothing, or turn the order of others: U+202E makes "exe.pdf" of "fdp.exe". */
const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029\u3164\uffa0]/gu

const MOST_LENGTH = 1000
const MOST_SHOWN = 100

/** Whether Windows, macOS or a Linux desktop would run a file of this name. */
export function isDangerousName(name: string): boolean {
  // What ends a name for one program does not for another: a NUL, and the colon of a stream of NTFS.
  return [name, name.split(/\0|%00/, 1)[0] as string].some((one) => {
    const words = plain(one).split('.')
    let last = words.length - 1
    while (last > 1 && WRAPPINGS.has(words[last] as string)) last--
    const extension = words[last] as string
    // "{3050f4d8-…}" is the class that opens it.
    return last > 0 && (DANGEROUS.has(extension) || /^\{[\da-f-]{36}\}$/.test(extension))
  })
}

/** The extension of a name as Windows reads it; '' without. */
export const extensionOf = (name: string): string => {
  const words = plain(name).split('.')
  return words.length > 1 ? (words.at(-1) as string) : ''
}

/** The last part of a path, as a system reads it when it looks for the extension. */
const plain = (name: string): string =>
  (
    name
      .slice(-MOST_LENGTH)
      .normalize('NFKC')
      .replace(INVISIBLE, '')
      .split(/[/\\]/)
      .findLast((part) => part !== '') ?? ''
  )
    .replace(/(?<=.):.*$/, '')
    .replace(/[\s."']+$/, '')
    .toLowerCase()

/** A name as it may be shown: nothing in it turns, hides or breaks a line. */
export const shownName = (name: string): string => {
  const shown = name.replace(INVISIBLE, '').trim()
  return shown.length <= MOST_SHOWN ? shown : `${shown.slice(0, MOST_SHOWN / 2)}…${shown.slice(-MOST_SHOWN / 2)}`
}
