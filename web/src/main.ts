import { mount } from 'svelte';
import App from './app/App.svelte';
import './ui/tokens.css';
import './ui/parts.css';

const target = document.querySelector('#app');
if (target === null) throw new Error('index.html has no #app');
mount(App, { target });
