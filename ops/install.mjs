/** Installs the npm packages that package-lock.json names, unless they are there. */
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/**
 * Afterwards node_modules fits package-lock.json, development packages included: vite, one of them, builds the pages.
 * @throws Error with what npm said when it could not
 */
export function install(root, node24) {
  const lockFile = join(root, 'package-lock.json')
  // A copy of the lockfile rather than its hash, so that ./zegel can compare with cmp and start no Node for it.
  const stamp = join(root, 'node_modules/.installed-lock.json')
  const lock = readFileSync(lockFile, 'utf8')
  if (read(stamp) === lock && existsSync(node24)) return
  if (!(installedByHand(root, lock) && existsSync(node24))) {
    // npm empties what it leads to, which somebody else works with.
    if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() === true)
      throw new Error('node_modules is a link to one that does not fit package-lock.json. Remove the link.')
    process.stderr.write('Installing the npm packages of package-lock.json; the first time this takes a minute.\n')
    npm(root, ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
    if (!existsSync(node24)) {
      throw new Error('npm installed the package "node" without running its install script. Try: npm rebuild node')
    }
  }
  writeFileSync(stamp, lock)
}

/** Runs npm, silent unless it fails. @throws Error with the output of npm */
export function npm(cwd, args, firstOnPath) {
  const ownNpm = process.env.npm_execpath
  const [file, ...before] =
    ownNpm && basename(ownNpm) === 'npm-cli.js' && existsSync(ownNpm) ? [process.execPath, ownNpm] : ['npm']
  const path = [firstOnPath, process.env.PATH].filter(Boolean).join(delimiter)
  const result = spawnSync(file, [...before, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (result.error?.code === 'ENOENT') throw new Error('npm is needed to install the packages, and is not on the PATH.')
  if (result.status !== 0) {
    const reason = result.error?.message ?? (result.signal ? `ended by ${result.signal}` : `exit code ${result.status}`)
    const said = stripVTControlCharacters(`${result.stdout ?? ''}${result.stderr ?? ''}`)
    throw new Error(`${said}npm ${args.join(' ')} failed: ${reason}`)
  }
}

/**
 * Whether `npm install` of a developer has left exactly what the lockfile names: npm keeps its own list of what is in
 * node_modules, and writes it last. Packages for other platforms are optional and absent.
 */
function installedByHand(root, lock) {
  const there = read(join(root, 'node_modules/.package-lock.json'))
  if (!there) return false
  const wanted = JSON.parse(lock).packages
  const found = JSON.parse(there).packages
  const fits = ([path, package_]) =>
    found[path]
      ? found[path].version === package_.version && found[path].integrity === package_.integrity
      : path === '' || package_.optional === true
  return Object.entries(wanted).every(fits) && Object.keys(found).every((path) => path in wanted)
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}
