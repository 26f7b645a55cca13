/** A GPU in software for tests: SwiftShader as Debian's chromium brings it, and the Vulkan loader beside it. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const FOLDER = '/usr/lib/chromium';
const DRIVER = `${FOLDER}/vk_swiftshader_icd.json`;

function hasPackage(): boolean {
  try {
    createRequire(import.meta.url).resolve('webgpu');
    return true;
  } catch {
    return false;
  }
}

/** Why there is none; false: there is one. As `skip` of a test takes it. */
export function withoutGpu(): string | false {
  if (!existsSync(DRIVER)) return `no GPU in software: ${DRIVER} comes with Debian's chromium`;
  return hasPackage() ? false : 'the package webgpu is not installed';
}

/** What a program needs in its environment to find it. */
export const softwareGpu: NodeJS.ProcessEnv = {
  LD_LIBRARY_PATH: FOLDER,
  VK_DRIVER_FILES: DRIVER,
};
