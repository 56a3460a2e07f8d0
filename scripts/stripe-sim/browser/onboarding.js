import { speak } from './words.js';

speak(navigator.language);
