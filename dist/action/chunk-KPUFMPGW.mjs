import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{g as a,h as b,i as c}from"./chunk-5WWJHZBL.mjs";import"./chunk-ANX22OQW.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-DNYSGMTU.mjs";import"./chunk-PDQV4PLA.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
