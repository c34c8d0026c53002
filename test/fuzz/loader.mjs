// Module hooks: Node.js runs the TypeScript of this repository, and of generated clients, as it stands. The test
// runner's own pipeline costs a third of the speed.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** As the compiler does it: what is imported as `x.js` may lie there as `x.ts`. */
export async function resolve(specifier, context, next) {
  const isRelative = specifier.startsWith('.') && context.parentURL?.endsWith('.ts')
  if (!isRelative || !specifier.endsWith('.js')) return next(specifier, context)
  return next(`${specifier.slice(0, -3)}.ts`, context).catch(() => next(specifier, context))
}

export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context)
  const { outputText } = ts.transpileModule(await readFile(fileURLToPath(url), 'utf8'), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
    },
    fileName: fileURLToPath(url),
  })
  return { format: 'module', source: outputText, shortCircuit: true }
}
