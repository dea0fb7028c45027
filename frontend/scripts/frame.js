// The mail shown in a mailbox opens its links outside of the frame.
for (const link of document.querySelectorAll("a")) link.target = "_top";
