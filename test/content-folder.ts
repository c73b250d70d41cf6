import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

export const siteYaml = `id: 0c0f5b1e-3d0c-4a7e-9c55-1f1f6a0d7a10
title: { en: "Ministry: releases", fi: "Ministeriö: tiedotteet", sv: "Ministeriet: meddelanden" }
description: { en: What the ministry publishes, fi: Mitä ministeriö julkaisee }
languages: [en, fi, sv]
timezone: Europe/Helsinki
publishers:
  ministry: { name: { en: The Ministry, fi: Ministeriö }, url: "https://ministry.example/" }
  customs: { name: { en: Customs, fi: Tulli } }
`

export const topicsYaml = `migration:
  label: { en: migration, fi: muuttoliike, sv: migration }
  aliases: [movement-of-people]
asylum:
  label: { en: asylum, fi: turvapaikka, sv: asyl }
  broader: migration
immigration:
  label: { en: immigration, fi: maahanmuutto, sv: invandring }
  broader: migration
crime:
  label: { en: crime, fi: rikollisuus, sv: brottslighet }
organised-crime:
  label: { en: organised crime, fi: järjestäytynyt rikollisuus, sv: organiserad brottslighet }
  aliases: [organized-crime]
  broader: crime
drugs:
  label: { en: drugs, fi: huumeet, sv: narkotika }
  broader: crime
eu:
  label: { en: EU, fi: EU, sv: EU }
space-travel:
  label: { en: space travel }
border-policy: { renamed: migration }
`

/** A release in Markdown. Give fields as lines of YAML. */
export function markdown(fields: string[], body = 'The text of the release.'): string {
  return `---\n${fields.join('\n')}\n---\n\n${body}\n`
}

/** Writes a content folder, with the site and topics above unless files say otherwise. */
export function writeFolder(files: Record<string, string | Uint8Array> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'tiedote-content-'))
  writeFiles(directory, { 'site.yaml': siteYaml, 'topics.yaml': topicsYaml, ...files })
  return directory
}

export function writeFiles(directory: string, files: Record<string, string | Uint8Array>) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
}

/** The same for one test: the folder goes when the test has finished. */
export function temporaryFolder(files: Record<string, string | Uint8Array> = {}): string {
  const directory = writeFolder(files)
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
