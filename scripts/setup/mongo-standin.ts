import { existsSync, globSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, cachedPath, contentVersion } from './cache.ts';
import { ask, onPath, step } from './probe.ts';

/** What runs the stand-in: a Java and the classes it takes. */
export type StandIn = { java: string; classpath: string; version: string };

const source = fileURLToPath(new URL('../mongo-standin', import.meta.url));
const fetchGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** What Debian must have: a JDK and Maven to make it, only a Java once it is made. */
export function javaPackages(): string[] {
  if (existsSync(cachedPath('mongo-standin', version())))
    return onPath('java') ? [] : ['default-jre-headless'];
  return onPath('javac') && onPath('mvn') ? [] : ['default-jdk-headless', 'maven'];
}

/** The stand-in that the cache has. */
export function findStandIn(): StandIn | { not: string } {
  const folder = cachedPath('mongo-standin', version());
  if (!existsSync(folder)) return { not: 'not made yet' };
  const java = onPath('java');
  if (!java) return { not: 'no java' };
  const jars = globSync(join(folder, 'lib/*.jar'));
  const server = jars.map((jar) => /mongo-java-server-([\d.]+)\.jar$/.exec(jar)?.[1]).find(Boolean);
  return {
    java,
    classpath: [join(folder, 'classes'), join(folder, 'lib', '*')].join(delimiter),
    version: server ?? 'unknown',
  };
}

/** Fetches the stand-in's jars and compiles its launcher into the cache, unless they are there. */
export async function makeStandIn(): Promise<StandIn | { not: string }> {
  try {
    await cached('mongo-standin', version(), (path) =>
      step('MongoDB', 'fetching the stand-in with Maven and compiling its launcher', () => make(path)),
    );
    return findStandIn();
  } catch (fault) {
    return { not: fault instanceof Error ? fault.message : String(fault) };
  }
}

async function make(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const maven = ['-B', '-q', '-f', join(source, 'pom.xml'), fetchGoal];
  await must('mvn', [...maven, '-DincludeScope=runtime', `-DoutputDirectory=${join(folder, 'lib')}`]);
  const jars = join(folder, 'lib', '*');
  await must('javac', ['-cp', jars, '-d', join(folder, 'classes'), join(source, 'Launcher.java')]);
}

async function must(command: string, args: string[]): Promise<void> {
  const { ok, stderr, stdout } = await ask(command, args, { timeoutMs: 300_000 });
  if (!ok)
    throw new Error(`${command} failed: ${(stdout + stderr).trim().split('\n').slice(0, 5).join(' / ')}`);
}

function version(): string {
  return contentVersion([join(source, 'Launcher.java'), join(source, 'pom.xml')]);
}
