console.log("skeleton")
