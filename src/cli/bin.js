#!/usr/bin/env node
// What `npx tiedote` and `npm install -g .` start. It is JavaScript, so that Node 20, which runs no TypeScript, can have
// the Node that comes as a package do so.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const program = new URL('tiedote.ts', import.meta.url)
const packed = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 18)) await import(program.href)
else if (existsSync(packed)) startWithPackedNode()
else {
  console.error(`Tiedote needs Node 22.18 or newer; this is ${process.versions.node}.`)
  process.exitCode = 1
}

function startWithPackedNode() {
  const args = [fileURLToPath(program), ...process.argv.slice(2)]
  const child = spawn(packed, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code) => (process.exitCode = code ?? 1))
}
